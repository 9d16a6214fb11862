<?php
declare(strict_types=1);

namespace App;

/** Where uploaded pictures live. A key is like u/<32 hex digits>.jpg. */
interface Store
{
    public function put(string $key, string $bytes): void;

    /** The address for a visitor's browser, always on our own origin. */
    public function url(string $key): string;

    /** For /ready: throws when pictures cannot be served. */
    public function check(): void;
}
