<?php
declare(strict_types=1);

// Class App\Foo lives in src/Foo.php. Inside Apache all of them are preloaded and this is never asked.
spl_autoload_register(static function (string $class): void {
    if (preg_match('/^App\\\\(\w+)$/', $class, $match)) {
        $file = __DIR__ . '/' . $match[1] . '.php';
        is_file($file) && require $file;
    }
});
