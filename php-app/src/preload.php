<?php
declare(strict_types=1);

// Run once when Apache starts (opcache.preload): compiles and links everything, so that the first request of a
// new replica costs what the thousandth does.
require_once __DIR__ . '/autoload.php';

foreach (glob(__DIR__ . '/[A-Z]*.php') ?: [] as $file) {
    require_once $file;
}
foreach ([...(glob(__DIR__ . '/../templates/*.php') ?: []), __DIR__ . '/../public/index.php'] as $file) {
    opcache_compile_file($file);
}
