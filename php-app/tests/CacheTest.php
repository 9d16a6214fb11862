<?php
declare(strict_types=1);

namespace App\Tests;

use App\Timing;

$never = static fn (string $gtids): mixed => throw new \RuntimeException('the database was asked');
$stale = static fn (mixed $value): array => ['v' => $value, 's' => time() - 1];

return [
    'a miss asks the database once, then hits spare it' => static function () use ($never): void {
        $backend = new ArrayBackend();
        $timing = new Timing();
        same([1], cache($backend, $timing)->remember('photo:1', 60, static fn (): array => [1]));
        same('miss', $timing->cache);
        $timing = new Timing();
        same([1], cache($backend, $timing)->remember('photo:1', 60, $never));
        same('hit', $timing->cache);
        same(['v1:photo:1'], array_keys($backend->items), 'the lock is given back');
    },
    '"nothing there" is an answer that is kept too' => static function () use ($never): void {
        $backend = new ArrayBackend();
        cache($backend)->remember('photo:9', 60, static fn (): mixed => null);
        same(null, cache($backend)->remember('photo:9', 60, $never));
    },
    'one miss makes the page a miss, in either order' => static function (): void {
        $timing = new Timing();
        $cache = cache(new ArrayBackend(), $timing);
        foreach (['a', 'a', 'b', 'a'] as $key) {
            $cache->remember($key, 60, static fn (): int => 1);
        }
        same('miss', $timing->cache);
    },
    'without a cache every read loads, and the page says off' => static function (): void {
        $timing = new Timing();
        same('x', cache(null, $timing)->remember('k', 60, static fn (string $gtids): string => "x{$gtids}"));
        same('off', $timing->cache);
    },
    'stampede: the loser of the lock serves the stale answer' => static function () use ($never, $stale): void {
        $backend = new ArrayBackend();
        $backend->set('v1:feed:1', $stale('old'), 60);
        $backend->set('lock:v1:feed:1', 1, 5);
        same('old', cache($backend)->remember('feed:1', 60, $never));
        same(true, isset($backend->items['lock:v1:feed:1']), 'the lock stays with its owner');
    },
    'stampede: the winner renews a stale answer' => static function () use ($stale): void {
        $backend = new ArrayBackend();
        $backend->set('v1:feed:1', $stale('old'), 60);
        same('new', cache($backend)->remember('feed:1', 60, static fn (): string => 'new'));
        same('new', $backend->items['v1:feed:1'][0]['v']);
    },
    'stampede: a loser without a stale answer waits for the winner' => static function () use ($never): void {
        $backend = new ArrayBackend();
        $backend->set('lock:v1:k', 1, 5);
        $slept = 0;
        $sleep = static function (int $us) use ($backend, &$slept): void {
            if (++$slept === 3) {
                $backend->set('v1:k', ['v' => 'from the winner', 's' => time() + 9], 60);
            }
        };
        same('from the winner', cache($backend, sleep: $sleep)->remember('k', 60, $never));
        same(3, $slept);
    },
    'stampede: a winner that died is not waited for longer than 150 ms' => static function (): void {
        $backend = new ArrayBackend();
        $backend->set('lock:v1:k', 1, 5);
        $sleptUs = 0;
        $sleep = static function (int $us) use (&$sleptUs): void {
            $sleptUs += $us;
        };
        same('own', cache($backend, sleep: $sleep)->remember('k', 60, static fn (): string => 'own'));
        same(150_000, $sleptUs);
        same('own', $backend->items['v1:k'][0]['v']);
    },
    'stampede lock off: everybody computes' => static function () use ($stale): void {
        $backend = new ArrayBackend();
        $backend->set('v1:k', $stale('old'), 60);
        $backend->set('lock:v1:k', 1, 5);
        same('new', cache($backend, lock: false)->remember('k', 60, static fn (): string => 'new'));
    },
    'the lock is given back when the database fails' => static function (): void {
        $backend = new ArrayBackend();
        throws(\LogicException::class, 'down', static fn () => cache($backend)->remember('k', 60, static fn () => throw new \LogicException('down')));
        same([], $backend->items);
    },
    'a dead node is a miss, without waiting for a lock' => static function (): void {
        $backend = new ArrayBackend();
        $backend->down = true;
        $sleep = static fn (int $us) => throw new \RuntimeException('waited');
        same('db', cache($backend, sleep: $sleep)->remember('k', 60, static fn (): string => 'db'));
    },
    'after a write the next reader learns which transactions it must see' => static function (): void {
        $backend = new ArrayBackend();
        $cache = cache($backend);
        $cache->remember('photo:1', 60, static fn (): string => 'old');
        $cache->invalidate('uuid:1-7', 'photo:1');
        same('read at uuid:1-7', $cache->remember('photo:1', 60, static fn (string $gtids): string => "read at {$gtids}"));
        same('read at uuid:1-7', $cache->remember('photo:1', 60, static fn (): string => 'not again'));
    },
    'old data read before a write is not stored after it' => static function (): void {
        foreach ([[], ['v' => 'stale', 's' => 0]] as $before) {
            $backend = new ArrayBackend();
            $before === [] || $backend->set('v1:k', $before, 60);
            $cache = cache($backend);
            $seen = $cache->remember('k', 60, static function () use ($cache): string {
                $cache->invalidate('uuid:1-8', 'k'); // somebody writes while we read
                return 'old';
            });
            same('old', $seen);
            same(['w' => 'uuid:1-8'], $backend->items['v1:k'][0]);
        }
    },
    'read-your-writes off: a plain delete lets the old data come back' => static function (): void {
        $backend = new ArrayBackend();
        $cache = cache($backend, tombstones: false);
        $cache->remember('k', 60, static function () use ($cache): string {
            $cache->invalidate('', 'k');
            return 'old';
        });
        same('old', $backend->items['v1:k'][0]['v']);
    },
];
