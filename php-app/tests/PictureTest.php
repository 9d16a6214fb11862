<?php
declare(strict_types=1);

namespace App\Tests;

use App\InvalidInput;
use App\Picture;

$file = static function (string $bytes): string {
    $path = (string) tempnam('/tmp', 'picture');
    file_put_contents($path, $bytes);
    return $path;
};
$encoded = static function (int $width, int $height, \Closure $encode): string {
    $image = imagecreatetruecolor($width, $height) ?: throw new \RuntimeException();
    imagefilledrectangle($image, 0, 0, intdiv($width, 2), $height, (int) imagecolorallocate($image, 220, 30, 30));
    ob_start();
    $encode($image);
    return (string) ob_get_clean();
};
/** A PNG header that claims a size; the picture itself is a few bytes. */
$bomb = static function (int $width, int $height): string {
    $chunk = static fn (string $type, string $data): string => pack('N', strlen($data)) . $type . $data . pack('N', crc32($type . $data));
    return "\x89PNG\r\n\x1a\n" . $chunk('IHDR', pack('NNC5', $width, $height, 8, 2, 0, 0, 0)) . $chunk('IDAT', gzcompress('x') ?: '') . $chunk('IEND', '');
};

return [
    'JPEG, PNG and WebP become a JPEG of at most 1200 pixels and a thumbnail of 320' => static function () use ($file, $encoded): void {
        foreach ([imagejpeg(...), imagepng(...), imagewebp(...)] as $encode) {
            $picture = Picture::fromFile($file($encoded(1600, 800, $encode)));
            same([1200, 600], [$picture->width, $picture->height]);
            same([1200, 600, IMAGETYPE_JPEG], array_slice(getimagesizefromstring($picture->jpeg) ?: [], 0, 3));
            same([320, 160, IMAGETYPE_JPEG], array_slice(getimagesizefromstring($picture->thumbJpeg) ?: [], 0, 3));
            same(1, preg_match('#^u/[0-9a-f]{32}\.jpg$#D', $picture->key));
        }
    },
    'small pictures are not blown up' => static function () use ($file, $encoded): void {
        $picture = Picture::fromFile($file($encoded(20, 10, imagepng(...))));
        same([20, 10], [$picture->width, $picture->height]);
        same([20, 10], array_slice(getimagesizefromstring($picture->thumbJpeg) ?: [], 0, 2));
    },
    'two uploads of the same bytes get different names' => static function () use ($file, $encoded): void {
        $path = $file($encoded(20, 10, imagepng(...)));
        same(false, Picture::fromFile($path)->key === Picture::fromFile($path)->key);
    },
    'what hides behind the picture is gone' => static function () use ($file, $encoded): void {
        $picture = Picture::fromFile($file($encoded(40, 40, imagejpeg(...)) . '<?php system($_GET[0]);'));
        same(false, str_contains($picture->jpeg, '<?php'));
    },
    'a phone picture is turned upright' => static function () use ($file, $encoded): void {
        $jpeg = $encoded(60, 20, imagejpeg(...));
        $exif = "Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0"; // orientation 6
        $turned = substr($jpeg, 0, 2) . "\xFF\xE1" . pack('n', strlen($exif) + 2) . $exif . substr($jpeg, 2);
        $picture = Picture::fromFile($file($turned));
        same([20, 60], [$picture->width, $picture->height]);
    },
    'what is not a picture is refused' => static function () use ($file, $encoded, $bomb): void {
        foreach (['', 'hello', '<svg xmlns="http://www.w3.org/2000/svg"/>', '<?php', $encoded(9, 9, imagegif(...))] as $bytes) {
            throws(InvalidInput::class, 'not a JPEG, PNG or WebP', static fn () => Picture::fromFile($file($bytes)));
        }
        throws(InvalidInput::class, 'damaged', static fn () => Picture::fromFile($file($bomb(100, 100))));
    },
    'a decompression bomb is refused before it is opened' => static function () use ($file, $bomb): void {
        throws(InvalidInput::class, '13 million pixels', static fn () => Picture::fromFile($file($bomb(30_000, 30_000))));
    },
    'more than 5 MB is refused' => static fn () => throws(InvalidInput::class, '5 MB', static fn () => Picture::fromFile($file(str_repeat('x', 5_000_001)))),
    'upload errors are told apart' => static function (): void {
        throws(InvalidInput::class, 'Choose', static fn () => Picture::fromUpload(null));
        throws(InvalidInput::class, 'Choose', static fn () => Picture::fromUpload(['error' => UPLOAD_ERR_NO_FILE, 'tmp_name' => '']));
        throws(InvalidInput::class, '5 MB', static fn () => Picture::fromUpload(['error' => UPLOAD_ERR_INI_SIZE, 'tmp_name' => '']));
        throws(InvalidInput::class, 'completely', static fn () => Picture::fromUpload(['error' => UPLOAD_ERR_PARTIAL, 'tmp_name' => '']));
        throws(InvalidInput::class, 'Choose', static fn () => Picture::fromUpload(['error' => [UPLOAD_ERR_OK], 'tmp_name' => ['/etc/passwd']]));
    },
    'a file that was not uploaded is never read' => static fn () => throws(InvalidInput::class, 'Choose', static fn () => Picture::fromUpload(['error' => UPLOAD_ERR_OK, 'tmp_name' => '/srv/seed-media/seed/0001.jpg'])),
];
