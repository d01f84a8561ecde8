-- For wrk: in turn a customer with one of the sessions of a file, a visitor, a visitor with a forged cookie, and a
-- script without a session. Counts the answers 200, 302, 401, all others, and failures.

local threads = {}
local heads = {}
local sessions = {}
local number = 0
local letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
page, redirect, refusal, other = 0, 0, 0, 0

function setup(thread)
    table.insert(threads, thread)
end

function init(arguments)
    local start = string.format("GET %s HTTP/1.1\r\nHost: %s\r\n", wrk.path, wrk.headers["Host"])
    local navigation = start .. "Accept: text/html\r\nSec-Fetch-Mode: navigate\r\n"
    heads = { navigation, navigation, navigation, start .. "Accept: */*\r\nSec-Fetch-Mode: cors\r\n" }
    for cookies in io.lines(arguments[1]) do
        table.insert(sessions, cookies)
    end
end

local function forged()
    local value = {}
    for i = 1, 43 do
        local place = math.random(#letters)
        value[i] = letters:sub(place, place)
    end
    return "NGX_OIDC_SESSION=" .. table.concat(value)
end

function request()
    number = number + 1
    local kind = number % 4 + 1
    local cookies = ""
    if kind == 1 then
        cookies = "Cookie: " .. sessions[math.random(#sessions)] .. "\r\n"
    elseif kind == 3 then
        cookies = "Cookie: " .. forged() .. "\r\n"
    end
    return heads[kind] .. cookies .. "\r\n"
end

function response(status)
    if status == 200 then
        page = page + 1
    elseif status == 302 then
        redirect = redirect + 1
    elseif status == 401 then
        refusal = refusal + 1
    else
        other = other + 1
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
    local wrong = errors.connect + errors.read + errors.write + errors.timeout -- a 401 is an error for wrk
    local counted = { sum("page"), sum("redirect"), sum("refusal"), sum("other"), wrong }
    io.write("counted " .. table.concat(counted, " ") .. "\n")
end
