-- The mix of scenarios/read-heavy for wrk: the same pages in the same shares, ids by the same law (Zipf, exponent 1).
-- It also sums up what each page says of its unit of work, so that the result can be normalised to the machine's speed.
-- Answers of the warm-up are not counted: a window that begins with empty workers and ends with half-done requests in all
-- of them would find less than there is.
local ffi = require("ffi")
ffi.cdef("typedef struct { long s; long us; } wrk_time; int gettimeofday(wrk_time *now, void *zone);")
local photos, users = 20000, 2000
local words = {"sunset", "harbour", "forest", "street", "winter"}
local threads = {}

local function shares(count)
    local sums, total = {}, 0
    for k = 1, count do
        total = total + 1 / k
        sums[k] = total
    end
    return sums, total
end

local photo_sums, photo_total = shares(photos)
local user_sums, user_total = shares(users)

local function draw(sums, total)
    local wanted, low, high = math.random() * total, 1, #sums
    while low < high do
        local middle = math.floor((low + high) / 2)
        if sums[middle] < wanted then low = middle + 1 else high = middle end
    end
    return low
end

local function now_s()
    local now = ffi.new("wrk_time")
    ffi.C.gettimeofday(now, nil)
    return tonumber(now.s) + tonumber(now.us) / 1e6
end

function setup(thread)
    table.insert(threads, thread)
end

function init(args)
    math.randomseed(tonumber(args[1] or "1"))
    count_from_s = now_s() + tonumber(args[2])
    count_until_s = count_from_s + tonumber(args[3])
    work_ms, work_count, counted, bad = 0, 0, 0, 0
end

function request()
    local r = math.random()
    local path
    if r < 0.35 then path = "/"
    elseif r < 0.80 then path = "/photo/" .. draw(photo_sums, photo_total)
    elseif r < 0.95 then path = string.format("/user/user%04d", draw(user_sums, user_total))
    else path = "/search?q=" .. words[math.random(#words)]
    end
    return wrk.format("GET", path, {["Host"] = "balancer", ["Accept-Encoding"] = "identity"})
end

function response(status, headers, body)
    if status ~= 200 or not string.find(body, "</html>", -20, true) then bad = bad + 1 end
    local time_s = now_s()
    if time_s < count_from_s or time_s >= count_until_s then return end
    counted = counted + 1
    local unit = headers["x-work-ms"] or headers["X-Work-Ms"]
    if unit then
        work_ms = work_ms + tonumber(unit)
        work_count = work_count + 1
    end
end

function done(summary, latency, requests)
    local sum, count, counted, wrong = 0, 0, 0, 0
    for _, thread in ipairs(threads) do
        sum = sum + thread:get("work_ms")
        count = count + thread:get("work_count")
        counted = counted + thread:get("counted")
        wrong = wrong + thread:get("bad")
    end
    local e = summary.errors
    io.write(string.format(
        '{"requests": %d, "work_ms": %.6f, "bad": %d, "errors": %d, "p95_ms": %.3f}\n',
        counted, count > 0 and sum / count or 0, wrong,
        e.connect + e.read + e.write + e.status + e.timeout, latency:percentile(95) / 1000))
end
