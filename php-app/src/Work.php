<?php
declare(strict_types=1);

namespace App;

/**
 * The fixed unit of work in every page.
 *
 * A real site spends milliseconds of CPU per page on its framework, templates and business rules; this small one does
 * not. The unit stands for that, so that a web replica has a realistic and, above all, constant price per page. Its CPU
 * time is also the lab's speedometer: it goes out as X-Work-Ms, and when the same unit takes 3 % longer, the machine
 * (not the topology) has become 3 % slower.
 */
final class Work
{
    /** About 3.4 ms of CPU on the machine the lab was calibrated on. */
    public const int DEFAULT_UNITS = 8000;

    /** Do the work; return the milliseconds of CPU (user + system) that it took. */
    public static function run(int $units): float
    {
        $start = self::cpuMs();
        $digest = 'lab';
        $seen = [];
        for ($i = 0; $i < $units; $i++) {
            // What templating does all day: build a string, escape it, look something up, hash something.
            $row = htmlspecialchars("<li id=\"{$i}\">{$digest}</li>", ENT_QUOTES);
            $digest = hash('xxh64', $row);
            $seen[$i & 63] = substr($digest, 0, 8);
        }
        return self::cpuMs() - $start;
    }

    /** CPU time of this process so far, in milliseconds with microsecond resolution. */
    public static function cpuMs(): float
    {
        $usage = getrusage() ?: [];
        return (($usage['ru_utime.tv_sec'] ?? 0) + ($usage['ru_stime.tv_sec'] ?? 0)) * 1e3
            + (($usage['ru_utime.tv_usec'] ?? 0) + ($usage['ru_stime.tv_usec'] ?? 0)) / 1e3;
    }
}
