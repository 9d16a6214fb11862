<?php
declare(strict_types=1);

namespace App\Tests;

use App\Cache;
use App\CacheBackend;
use App\Timing;

/** memcached's behaviour in an array: versions change with every store; the node can be switched off. */
final class ArrayBackend implements CacheBackend
{
    /** @var array<string, array{mixed, int}> */
    public array $items = [];
    public bool $down = false;
    private int $version = 0;

    public function get(string $key): ?array
    {
        return $this->down ? null : $this->items[$key] ?? null;
    }

    public function add(string $key, mixed $value, int $ttlS): ?bool
    {
        if ($this->down) {
            return null;
        }
        return isset($this->items[$key]) ? false : $this->set($key, $value, $ttlS);
    }

    public function replace(string|int|float $version, string $key, mixed $value, int $ttlS): bool
    {
        return !$this->down && ($this->items[$key][1] ?? null) === $version && $this->set($key, $value, $ttlS);
    }

    public function set(string $key, mixed $value, int $ttlS): bool
    {
        if (!$this->down) {
            $this->items[$key] = [$value, ++$this->version];
        }
        return !$this->down;
    }

    public function delete(string $key): bool
    {
        unset($this->items[$key]);
        return !$this->down;
    }

    public function increment(string $key, int $ttlS): int
    {
        $count = (int) ($this->items[$key][0] ?? 0) + 1;
        return $this->set($key, $count, $ttlS) ? $count : 0;
    }

    public function decrement(string $key): bool
    {
        return isset($this->items[$key]) && $this->set($key, max(0, $this->items[$key][0] - 1), 0);
    }
}

function cache(?CacheBackend $backend, ?Timing $timing = null, bool $lock = true, bool $tombstones = true, ?\Closure $sleep = null): Cache
{
    return new Cache($backend, $timing ?? new Timing(), $lock, $tombstones, $sleep ?? static function (int $us): void {
    });
}
