-- For wrk: visitors without a cookie, each of whom begins a login. Counts those who are redirected, and all others.

local threads = {}
local head
redirect, wrong = 0, 0

function setup(thread)
    table.insert(threads, thread)
end

function init()
    head = string.format(
        "GET %s HTTP/1.1\r\nHost: %s\r\nAccept: text/html\r\nSec-Fetch-Mode: navigate\r\n\r\n",
        wrk.path, wrk.headers["Host"])
end

function request()
    return head
end

function response(status)
    if status == 302 then
        redirect = redirect + 1
    else
        wrong = wrong + 1
    end
end

function done(summary)
    local errors = summary.errors
    local counted = { 0, errors.connect + errors.read + errors.write + errors.timeout }
    for _, thread in ipairs(threads) do
        counted[1] = counted[1] + thread:get("redirect")
        counted[2] = counted[2] + thread:get("wrong")
    end
    io.write("counted " .. table.concat(counted, " ") .. "\n")
end
