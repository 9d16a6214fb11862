<?php
declare(strict_types=1);

namespace App;

/** An uploaded file becomes a JPEG of ours, or is refused. Its own bytes are never stored or served. */
final readonly class Picture
{
    public const int MAX_BYTES = 5_000_000;
    /** GD needs 4 bytes of memory per pixel, whatever the file's size: this limit is what stops decompression bombs. */
    public const int MAX_PIXELS = 13_000_000;
    private const int WIDTH = 1200;
    private const int THUMB_WIDTH = 320;

    private function __construct(public string $key, public int $width, public int $height, public string $jpeg, public string $thumbJpeg)
    {
    }

    /** @param mixed $file an entry of $_FILES */
    public static function fromUpload(mixed $file): self
    {
        $error = is_array($file) && is_int($file['error'] ?? null) ? $file['error'] : UPLOAD_ERR_NO_FILE;
        match ($error) {
            UPLOAD_ERR_OK => null,
            UPLOAD_ERR_INI_SIZE, UPLOAD_ERR_FORM_SIZE => throw new InvalidInput('The picture is larger than 5 MB.'),
            UPLOAD_ERR_NO_FILE => throw new InvalidInput('Choose a picture.'),
            default => throw new InvalidInput('The picture did not arrive completely; try again.'),
        };
        if (!is_uploaded_file((string) $file['tmp_name'])) {
            throw new InvalidInput('Choose a picture.');
        }
        return self::fromFile((string) $file['tmp_name']);
    }

    public static function fromFile(string $path): self
    {
        if ((int) filesize($path) > self::MAX_BYTES) {
            throw new InvalidInput('The picture is larger than 5 MB.');
        }
        // The file's content decides, not its name or what the browser says it is.
        [$width, $height, $type] = @getimagesize($path) ?: [0, 0, 0];
        if (!in_array($type, [IMAGETYPE_JPEG, IMAGETYPE_PNG, IMAGETYPE_WEBP], true) || $width < 1 || $height < 1) {
            throw new InvalidInput('That is not a JPEG, PNG or WebP picture.');
        }
        if ($width * $height > self::MAX_PIXELS) {
            throw new InvalidInput('The picture has more than 13 million pixels.');
        }
        $image = @imagecreatefromstring((string) file_get_contents($path));
        if ($image === false) {
            throw new InvalidInput('The picture is damaged.');
        }
        $full = self::onWhite(self::upright($image, $path, $type), self::WIDTH);
        return new self('u/' . bin2hex(random_bytes(16)) . '.jpg', imagesx($full), imagesy($full), self::jpeg($full, 82), self::jpeg(self::onWhite($full, self::THUMB_WIDTH), 70));
    }

    /** seed/0001.jpg -> seed/0001_t.jpg */
    public static function thumbKey(string $key): string
    {
        return substr($key, 0, -4) . '_t.jpg';
    }

    /** Phones store a picture as the sensor saw it, with a note which side is up; re-encoding drops the note. */
    private static function upright(\GdImage $image, string $path, int $type): \GdImage
    {
        $exif = $type === IMAGETYPE_JPEG && function_exists('exif_read_data') ? @exif_read_data($path) : false;
        $degrees = match ($exif['Orientation'] ?? 1) {
            3 => 180,
            6 => 270,
            8 => 90,
            default => 0,
        };
        return $degrees === 0 ? $image : (imagerotate($image, $degrees, 0) ?: $image);
    }

    /** A copy at most $width wide, transparency on white. */
    private static function onWhite(\GdImage $image, int $width): \GdImage
    {
        $width = min($width, imagesx($image));
        $height = max(1, (int) round(imagesy($image) * $width / imagesx($image)));
        $copy = imagecreatetruecolor($width, $height) ?: throw new \RuntimeException('no memory for the picture');
        imagefill($copy, 0, 0, (int) imagecolorallocate($copy, 255, 255, 255));
        imagecopyresampled($copy, $image, 0, 0, 0, 0, $width, $height, imagesx($image), imagesy($image));
        return $copy;
    }

    private static function jpeg(\GdImage $image, int $quality): string
    {
        ob_start();
        imagejpeg($image, null, $quality);
        return (string) ob_get_clean();
    }
}
