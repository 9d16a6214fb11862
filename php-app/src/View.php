<?php
declare(strict_types=1);

namespace App;

/** Renders templates/NAME.php inside templates/layout.php. In a template every value goes through e(). */
final readonly class View
{
    public function __construct(private string $directory, private Store $store)
    {
    }

    /** Escape text for HTML, in element content as well as in quoted attributes. */
    public static function e(string|int|float|null $value): string
    {
        return htmlspecialchars((string) $value, ENT_QUOTES | ENT_SUBSTITUTE | ENT_HTML5, 'UTF-8');
    }

    /** The address of a picture; signed for a while when it lives in an object store. */
    public function picture(string $key): string
    {
        return self::e($this->store->url($key));
    }

    public function thumb(string $key): string
    {
        return $this->picture(Picture::thumbKey($key));
    }

    /** "3 hours ago" from a database time (UTC). */
    public static function ago(string $time): string
    {
        $seconds = max(0, time() - (int) strtotime($time . ' UTC'));
        foreach (['year' => 31536000, 'month' => 2592000, 'day' => 86400, 'hour' => 3600, 'minute' => 60] as $unit => $length) {
            $count = intdiv($seconds, $length);
            if ($count >= 1) {
                return $count . ' ' . $unit . ($count > 1 ? 's' : '') . ' ago';
            }
        }
        return 'just now';
    }

    public static function count(int $count, string $noun): string
    {
        return number_format($count) . ' ' . $noun . ($count === 1 ? '' : 's');
    }

    /** @param array<string, mixed> $data */
    public function render(string $template, array $data): string
    {
        return $this->include('layout', [...$data, 'content' => $this->include($template, $data)]);
    }

    /** @param array<string, mixed> $data */
    public function include(string $template, array $data): string
    {
        $path = "{$this->directory}/{$template}.php";
        ob_start();
        try {
            // Its own scope: a template sees its data, $e (escape) and $view (pictures, parts), nothing else.
            (static function (string $__path, array $__data, View $view, \Closure $e): void {
                extract($__data, EXTR_SKIP);
                require $__path;
            })($path, $data, $this, self::e(...));
        } finally {
            $html = (string) ob_get_clean();
        }
        return $html;
    }
}
