-- For wrk with as many threads as connections: logs in again and again, at the provider of provider.mjs, whose codes
-- the browser may write itself. Counts logins and failures.

local threads = {}
local next_request
local is_callback
local start
logins, wrong = 0, 0

function setup(thread)
    table.insert(threads, thread)
end

local function get(path, cookies)
    local fields = "Accept: text/html\r\nSec-Fetch-Mode: navigate\r\n" .. cookies
    return string.format("GET %s HTTP/1.1\r\nHost: %s\r\n%s\r\n", path, wrk.headers["Host"], fields)
end

function init()
    start = get(wrk.path, "")
end

function request()
    is_callback = next_request ~= nil
    local sent = next_request or start
    next_request = nil
    return sent
end

local function callback(location, cookie)
    local asked = {}
    for name, value in location:gmatch("[?&]([%w_]+)=([^&]*)") do
        asked[name] = value
    end
    local code = asked.nonce .. "." .. asked.code_challenge
    local path = string.format("/oidc_callback?code=%s&state=%s", code, asked.state)
    return get(path, "Cookie: " .. cookie:match("^[^;]*") .. "\r\n")
end

function response(status, headers)
    local location = headers["Location"]
    if status ~= 302 or not headers["Set-Cookie"] then
        wrong = wrong + 1
    elseif is_callback then
        logins = logins + 1
    else
        next_request = callback(location, headers["Set-Cookie"])
    end
end

local function sum(name)
    local total = 0
    for _, thread in ipairs(threads) do
        total = total + thread:get(name)
    end
    return total
end

function done(summary)
    local errors = summary.errors
    local failed = errors.connect + errors.read + errors.write + errors.timeout
    io.write(string.format("counted %d %d\n", sum("logins"), sum("wrong") + failed))
end
