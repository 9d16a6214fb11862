<?php
declare(strict_types=1);

namespace App;

/** What one request did: where the time went, which database answered, whether the cache helped. */
final class Timing
{
    /** @var array<string, float> waiting time in ms by kind */
    private array $spent = ['db' => 0.0, 'cache' => 0.0, 'store' => 0.0, 'session' => 0.0];
    private readonly float $cpuStartMs;
    private readonly float $wallStartNs;
    public float $workMs = 0.0;
    public string $db = 'none';
    public string $cache = 'off';
    public string $cacheDetail = '';

    public function __construct()
    {
        $this->cpuStartMs = Work::cpuMs();
        $this->wallStartNs = hrtime(true);
    }

    /**
     * @template T
     * @param \Closure(): T $action
     * @return T
     */
    public function measure(string $kind, \Closure $action): mixed
    {
        $start = hrtime(true);
        try {
            return $action();
        } finally {
            $this->spent[$kind] += (hrtime(true) - $start) / 1e6;
        }
    }

    /** One miss makes the page a miss: it had to wait for the database. */
    public function cacheAnswered(bool $hit, string $detail = ''): void
    {
        $this->cache = $hit && $this->cache !== 'miss' ? 'hit' : 'miss';
        $this->cacheDetail = $detail ?: $this->cacheDetail;
    }

    /** The primary wins: a page that touched it depends on it. */
    public function dbAnswered(string $name): void
    {
        $this->db = $this->db === 'primary' ? 'primary' : $name;
    }

    /** @return array<string, float> in ms; work and cpu are CPU time, the rest is waiting time */
    public function values(): array
    {
        return ['work' => $this->workMs, ...$this->spent, 'cpu' => Work::cpuMs() - $this->cpuStartMs, 'total' => (hrtime(true) - $this->wallStartNs) / 1e6];
    }

    /** @return array<string, string> */
    public function headers(): array
    {
        $parts = [];
        foreach ($this->values() as $name => $ms) {
            $parts[] = sprintf('%s;dur=%.3f', $name, $ms);
        }
        return ['X-Cache' => $this->cache, 'X-DB' => $this->db, 'X-Work-Ms' => sprintf('%.3f', $this->workMs), 'Server-Timing' => implode(', ', $parts)];
    }
}
