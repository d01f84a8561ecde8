-- For wrk: sends the Cookie fields of a file in turn, with rests of so many milliseconds on average. Counts requests
-- and failures, and tells the 99th percentile in microseconds.

local requests = {}
local number = 0
local rest

function init(arguments)
    local head = string.format("GET %s HTTP/1.1\r\nHost: %s\r\n", wrk.path, wrk.headers["Host"])
    for cookies in io.lines(arguments[1]) do
        table.insert(requests, head .. "Cookie: " .. cookies .. "\r\n\r\n")
    end
    rest = tonumber(arguments[2])
end

function delay()
    return math.random(0, 2 * rest)
end

function request()
    number = number % #requests + 1
    return requests[number]
end

function done(summary, latency)
    local errors = summary.errors
    local wrong = errors.status + errors.connect + errors.read + errors.write + errors.timeout
    io.write(string.format("counted %d %d %d\n", summary.requests, wrong, latency:percentile(99)))
end
