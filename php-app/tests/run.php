<?php
declare(strict_types=1);

/*
 * The web tier's tests: no framework, no other container.
 *   docker run --rm --entrypoint php scalability-lab/web:0.1.0 /srv/app/tests/run.php [NAME...]
 * Every tests/*Test.php returns ['what it shows' => function]; a test fails by throwing.
 */

namespace App\Tests;

if (!apcu_enabled() && ini_get('apc.enable_cli') !== '1') {
    pcntl_exec(PHP_BINARY, ['-d', 'apc.enable_cli=1', ...$argv]); // Apache has APCu; the command line only on request
}

require __DIR__ . '/../src/autoload.php';
require __DIR__ . '/fakes.php';

error_reporting(E_ALL);
set_error_handler(static function (int $level, string $message, string $file, int $line): bool {
    return (error_reporting() & $level) !== 0 ? throw new \ErrorException($message, 0, $level, $file, $line) : false;
});

function same(mixed $expected, mixed $actual, string $what = ''): void
{
    if ($expected !== $actual) {
        throw new \RuntimeException(trim("{$what}\n      expected " . var_export($expected, true) . "\n      actual   " . var_export($actual, true)));
    }
}

/** @param class-string<\Throwable> $class */
function throws(string $class, string $part, \Closure $action): void
{
    try {
        $action();
    } catch (\Throwable $error) {
        if (!$error instanceof $class || !str_contains($error->getMessage(), $part)) {
            throw new \RuntimeException("expected {$class} with '{$part}', got " . $error::class . ": {$error->getMessage()}");
        }
        return;
    }
    throw new \RuntimeException("expected {$class} with '{$part}', nothing was thrown");
}

$failed = $count = 0;
foreach (glob(__DIR__ . '/*Test.php') ?: [] as $file) {
    if ($argc > 1 && array_filter(array_slice($argv, 1), static fn (string $name): bool => stripos(basename($file), $name) !== false) === []) {
        continue;
    }
    echo basename($file, 'Test.php'), "\n";
    foreach (require $file as $what => $test) {
        $count++;
        try {
            $test();
            echo "  ok    {$what}\n";
        } catch (\Throwable $error) {
            $failed++;
            echo "  FAIL  {$what}\n      {$error->getMessage()}\n      ", basename($error->getFile()), ":{$error->getLine()}\n";
        }
    }
}
echo "{$count} tests, {$failed} failed\n";
exit($failed === 0 && $count > 0 ? 0 : 1);
