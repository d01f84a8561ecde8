-- For wrk: sends the Cookie fields of a file, one a line, in turn. Counts requests, bytes and failures.

local requests = {}
local number = 0

function init(arguments)
    local head = string.format("GET %s HTTP/1.1\r\nHost: %s\r\n", wrk.path, wrk.headers["Host"])
    for cookies in io.lines(arguments[1]) do
        table.insert(requests, head .. "Cookie: " .. cookies .. "\r\n\r\n")
    end
end

function request()
    number = number % #requests + 1
    return requests[number]
end

function done(summary)
    local errors = summary.errors
    local wrong = errors.status + errors.connect + errors.read + errors.write + errors.timeout
    io.write(string.format("counted %d %d %d\n", summary.requests, summary.bytes, wrong))
end
