<?php
declare(strict_types=1);

namespace App;

/** What the environment says about this replica's place in the topology; bin/web-entrypoint has checked the values. */
final readonly class Config
{
    /** @param list<string> $cacheNodes */
    public function __construct(
        public string $replica = 'web',
        public string $sessions = 'files',
        public bool $caching = false,
        public bool $stampedeLock = true,
        public array $cacheNodes = [],
        public string $dbPrimary = 'db-primary',
        public string $dbReplicas = '',
        public float $primaryReadWeight = 1.0,
        public float $replicaReadWeight = 1.0,
        public bool $readYourWrites = true,
        public string $store = 'local',
        public string $s3Endpoint = 'http://store:9000',
        public string $s3Bucket = 'media',
        public int $workUnits = Work::DEFAULT_UNITS,
        private string $credentials = '/run/credentials/web',
    ) {
    }

    public static function fromEnvironment(): self
    {
        // "true": the process environment only, never anything derived from request headers.
        $get = static fn (string $name, string $default): string => (string) (getenv($name, true) ?: $default);
        return new self(
            replica: $get('REPLICA_NAME', 'web'),
            sessions: $get('SESSIONS', 'files'),
            caching: $get('CACHE', 'off') === 'aside',
            stampedeLock: $get('STAMPEDE_LOCK', 'on') === 'on',
            cacheNodes: array_values(array_filter(array_map(trim(...), explode(',', $get('CACHE_NODES', ''))))),
            dbPrimary: $get('DB_PRIMARY', 'db-primary'),
            dbReplicas: $get('DB_REPLICAS', ''),
            primaryReadWeight: (float) $get('DB_PRIMARY_READ_WEIGHT', '0'), // "0" is what `?:` replaces, so it is the default here
            replicaReadWeight: (float) $get('DB_REPLICA_READ_WEIGHT', '1'),
            readYourWrites: $get('READ_YOUR_WRITES', 'on') === 'on',
            store: $get('STORE', 'local'),
            s3Endpoint: rtrim($get('S3_ENDPOINT', 'http://store:9000'), '/'),
            s3Bucket: $get('S3_BUCKET', 'media'),
            workUnits: (int) $get('WORK_UNITS', (string) Work::DEFAULT_UNITS),
        );
    }

    /** Read one credential, such as db_app_password, from its file: not from the environment, which is widely visible. */
    public function secret(string $name): string
    {
        $value = @file_get_contents("{$this->credentials}/{$name}");
        if ($value === false) {
            throw new \RuntimeException("cannot read the credential {$this->credentials}/{$name}");
        }
        return trim($value);
    }
}
