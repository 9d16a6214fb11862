<?php
declare(strict_types=1);

namespace App;

/** This replica's own disk. Another replica has another disk: a picture uploaded here is missing there. */
final readonly class LocalStore implements Store
{
    public function __construct(private string $directory, private Timing $timing)
    {
    }

    public function put(string $key, string $bytes): void
    {
        $this->timing->measure('store', function () use ($key, $bytes): void {
            if (@file_put_contents("{$this->directory}/{$key}", $bytes) !== strlen($bytes)) {
                throw new \RuntimeException("cannot write {$this->directory}/{$key}");
            }
        });
    }

    public function url(string $key): string
    {
        return "/media/{$key}";
    }

    public function check(): void
    {
        if (!is_writable("{$this->directory}/u")) {
            throw new \RuntimeException("{$this->directory}/u is not writable");
        }
    }
}
