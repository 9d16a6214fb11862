<?php
declare(strict_types=1);

/*
 * Draw the 50 seed pictures (800x600 JPEG) and their thumbnails (320x240): imaginary landscapes, the same
 * bytes on every build with the same GD. Run at image build: php make-seed.php TARGET_DIRECTORY
 */

const PICTURES = 50;
const WIDTH = 800;
const HEIGHT = 600;
const SCALE = 2; // drawn at twice the size and scaled down, which smooths every edge

/** Sky top, sky horizon, far land, near land, light: [r, g, b] each. */
const PALETTES = [
    'dawn'   => [[72, 84, 138], [255, 196, 164], [150, 130, 160], [42, 40, 66], [255, 236, 200]],
    'day'    => [[58, 128, 198], [206, 230, 240], [134, 166, 184], [38, 84, 74], [255, 252, 236]],
    'gold'   => [[118, 82, 108], [252, 190, 96], [186, 118, 92], [58, 34, 42], [255, 240, 190]],
    'dusk'   => [[34, 26, 74], [236, 110, 106], [120, 62, 110], [22, 16, 42], [255, 206, 160]],
    'night'  => [[8, 12, 34], [44, 66, 110], [34, 48, 84], [6, 10, 24], [236, 240, 250]],
    'mist'   => [[150, 168, 178], [232, 234, 228], [176, 190, 192], [62, 82, 86], [255, 255, 250]],
    'teal'   => [[14, 70, 92], [168, 222, 204], [76, 140, 144], [10, 44, 54], [248, 255, 232]],
    'desert' => [[92, 150, 190], [250, 222, 176], [214, 154, 104], [128, 66, 44], [255, 250, 222]],
];

final class Scene
{
    private readonly GdImage $image;
    private readonly \Random\Randomizer $random;
    private readonly int $w;
    private readonly int $h;
    private readonly int $horizon;
    /** @var list<array{int, int, int}> */
    private readonly array $palette;

    public function __construct(int $number)
    {
        $this->random = new \Random\Randomizer(new \Random\Engine\Mt19937($number));
        $this->w = WIDTH * SCALE;
        $this->h = HEIGHT * SCALE;
        $this->horizon = (int) ($this->h * $this->between(0.52, 0.68));
        $names = array_keys(PALETTES);
        $this->palette = PALETTES[$names[$number % count($names)]];
        $image = imagecreatetruecolor($this->w, $this->h);
        assert($image instanceof GdImage);
        $this->image = $image;
    }

    public function draw(string $motif): GdImage
    {
        $this->sky();
        match ($motif) {
            'mountains' => $this->mountains(4),
            'lake' => $this->lake(),
            'sea' => $this->sea(),
            'dunes' => $this->dunes(),
            'forest' => $this->forest(),
            'city' => $this->city(),
            'balloons' => $this->balloons(),
        };
        $final = imagecreatetruecolor(WIDTH, HEIGHT);
        assert($final instanceof GdImage);
        imagecopyresampled($final, $this->image, 0, 0, 0, 0, WIDTH, HEIGHT, $this->w, $this->h);
        return $final;
    }

    private function between(float $low, float $high): float
    {
        return $this->random->getFloat($low, $high);
    }

    /**
     * @param array{int, int, int} $from
     * @param array{int, int, int} $to
     */
    private function mix(array $from, array $to, float $ratio, int $alpha = 0): int
    {
        $channel = static fn (int $i): int => max(0, min(255, (int) round($from[$i] + ($to[$i] - $from[$i]) * $ratio)));
        return imagecolorallocatealpha($this->image, $channel(0), $channel(1), $channel(2), $alpha) ?: 0;
    }

    private function sky(): void
    {
        [$top, $low, , , $light] = $this->palette;
        for ($y = 0; $y < $this->h; $y++) {
            imageline($this->image, 0, $y, $this->w, $y, $this->mix($top, $low, min(1.0, $y / $this->horizon) ** 1.4));
        }
        if ($top[0] + $top[1] + $top[2] < 140) {
            for ($i = 0; $i < 140; $i++) {
                $size = (int) $this->between(2, 5);
                imagefilledellipse($this->image, (int) $this->between(0, $this->w), (int) ($this->horizon * $this->between(0, 0.8)),
                    $size, $size, $this->mix($top, $light, $this->between(0.4, 1)));
            }
        }
        $x = (int) ($this->w * $this->between(0.15, 0.85));
        $y = (int) ($this->horizon * $this->between(0.3, 0.9));
        $radius = (int) ($this->h * $this->between(0.04, 0.09));
        for ($glow = 14; $glow > 0; $glow--) {
            $size = $radius * 2 + $glow * (int) ($radius * 0.5);
            imagefilledellipse($this->image, $x, $y, $size, $size, $this->mix($light, $low, 0.2, 120));
        }
        imagefilledellipse($this->image, $x, $y, $radius * 2, $radius * 2, $this->mix($light, $low, 0.05));
        $this->clouds((int) $this->between(0, 5));
    }

    private function clouds(int $count): void
    {
        [, $low, , , $light] = $this->palette;
        for ($i = 0; $i < $count; $i++) {
            $x = $this->between(0, $this->w);
            $y = $this->horizon * $this->between(0.15, 0.7);
            $length = $this->between(160, 520);
            for ($puff = 0; $puff < 12; $puff++) {
                $offset = ($puff - 5.5) / 5.5;
                imagefilledellipse($this->image, (int) ($x + $offset * $length), (int) ($y + $this->between(-8, 8)),
                    (int) ($length * 0.5), (int) (34 * (1.15 - abs($offset))), $this->mix($light, $low, 0.3, 108));
            }
        }
    }

    /** A skyline as heights in pixels, one per 4 pixels: a few waves of falling size. @return list<float> */
    private function ridge(float $roughness, float $amplitude): array
    {
        $waves = [];
        for ($octave = 1; $octave <= 6; $octave++) {
            $waves[] = [$this->between(0.6, 1.4) * 2 ** $octave, $this->between(0, 6.28), $roughness ** $octave];
        }
        $heights = [];
        for ($x = 0; $x <= $this->w; $x += 4) {
            $sum = 0.0;
            foreach ($waves as [$frequency, $phase, $weight]) {
                $sum += sin($x / $this->w * $frequency * 3.1 + $phase) * $weight;
            }
            $heights[] = $sum * $amplitude;
        }
        return $heights;
    }

    /** @param list<float> $ridge */
    private function land(array $ridge, float $base, int $color): void
    {
        $points = [0, $this->h];
        foreach ($ridge as $i => $height) {
            array_push($points, $i * 4, (int) ($base - $height));
        }
        array_push($points, $this->w, $this->h);
        imagefilledpolygon($this->image, $points, $color);
    }

    private function mountains(int $layers): void
    {
        [, , $far, $near] = $this->palette;
        for ($layer = 0; $layer < $layers; $layer++) {
            $ratio = $layer / max(1, $layers - 1);
            $base = $this->horizon + $ratio * ($this->h - $this->horizon) * 0.75;
            $this->land($this->ridge(0.62, $this->h * (0.16 - 0.08 * $ratio)), $base, $this->mix($far, $near, $ratio ** 0.8));
        }
    }

    /** Mountains whose upper half is copied upside down into still water. */
    private function lake(): void
    {
        [$top, , $far, $near] = $this->palette;
        $this->land($this->ridge(0.6, $this->h * 0.13), $this->horizon - 40, $far = $this->mix($far, $near, 0.1));
        $this->land($this->ridge(0.55, $this->h * 0.06), $this->horizon - 4, $this->mix($this->palette[2], $near, 0.6));
        for ($y = $this->horizon; $y < $this->h; $y++) {
            $source = max(0, 2 * $this->horizon - $y - 1);
            $shift = (int) (sin(($y - $this->horizon) * 0.09) * ($y - $this->horizon) * 0.012);
            imagecopy($this->image, $this->image, $shift, $y, 0, $source, $this->w, 1);
        }
        imagefilledrectangle($this->image, 0, $this->horizon, $this->w, $this->h, $this->mix($top, $near, 0.5, 88));
        $this->land($this->ridge(0.5, 26), $this->h - 30, $this->mix($near, [0, 0, 0], 0.3));
    }

    private function sea(): void
    {
        [$top, $low, , $near, $light] = $this->palette;
        for ($y = $this->horizon; $y < $this->h; $y++) {
            $ratio = ($y - $this->horizon) / ($this->h - $this->horizon);
            imageline($this->image, 0, $y, $this->w, $y, $this->mix($low, $near, 0.25 + 0.6 * $ratio));
        }
        for ($i = 0; $i < 160; $i++) {
            $depth = $this->between(0, 1) ** 1.5;
            $x = (int) $this->between(0, $this->w);
            $y = (int) ($this->horizon + 6 + $depth * ($this->h - $this->horizon));
            imagefilledellipse($this->image, $x, $y, (int) (60 + 220 * $depth), (int) (2 + 7 * $depth), $this->mix($light, $top, 0.4, 104));
        }
        for ($boat = (int) $this->between(0, 3.99); $boat > 0; $boat--) {
            $x = (int) ($this->w * $this->between(0.1, 0.9));
            $y = $this->horizon + (int) $this->between(20, 120);
            $size = (int) $this->between(30, 80);
            imagefilledpolygon($this->image, [$x, $y - $size * 2, $x, $y - 6, $x + $size, $y - 6], $this->mix($light, $near, 0.1));
            imagefilledpolygon($this->image, [$x - 6, $y - $size, $x - 6, $y - 6, $x - (int) ($size * 0.7), $y - 6], $this->mix($light, $near, 0.25));
            imagefilledpolygon($this->image, [$x - $size, $y, $x + $size, $y, $x + (int) ($size * 0.6), $y + 18, $x - (int) ($size * 0.6), $y + 18], $this->mix($near, [0, 0, 0], 0.2));
        }
    }

    private function dunes(): void
    {
        [, $low, $far, $near, $light] = $this->palette;
        for ($layer = 0; $layer < 5; $layer++) {
            $ratio = $layer / 4;
            $ridge = $this->ridge(0.34, $this->h * 0.14);
            $base = $this->horizon + $ratio * ($this->h - $this->horizon) * 0.8;
            $this->land($ridge, $base, $this->mix($light, $far, 0.35 + 0.3 * $ratio));
            // The lee side: the same line, lower and darker, sinking to the right.
            $lee = array_map(static fn (float $height, int $i): float => $height - 6 - $i * 0.16 * (1 + $ratio), $ridge, array_keys($ridge));
            $this->land($lee, $base, $this->mix($far, $near, 0.15 + 0.7 * $ratio));
        }
        unset($low);
    }

    private function forest(): void
    {
        [, $low, $far, $near] = $this->palette;
        $this->land($this->ridge(0.5, $this->h * 0.1), $this->horizon - 60, $this->mix($low, $far, 0.7));
        for ($layer = 0; $layer < 4; $layer++) {
            $ratio = $layer / 3;
            $base = $this->horizon + $ratio * ($this->h - $this->horizon) * 0.8;
            $color = $this->mix($far, $near, 0.2 + 0.8 * $ratio);
            $ridge = $this->ridge(0.4, 40);
            $this->land($ridge, $base, $color);
            $size = 60 + 130 * $ratio;
            for ($x = $this->between(-40, 0); $x < $this->w + 40; $x += $size * $this->between(0.22, 0.6)) {
                $ground = $base - $ridge[max(0, min(count($ridge) - 1, intdiv((int) $x, 4)))] + 12;
                $this->pine((int) $x, (int) $ground, (int) ($size * $this->between(0.7, 1.3)), $color);
            }
            imagefilledrectangle($this->image, 0, (int) $base + 10, $this->w, $this->h, $this->mix($low, $far, 0.5, 118));
        }
    }

    private function pine(int $x, int $ground, int $size, int $color): void
    {
        for ($tier = 0; $tier < 3; $tier++) {
            $half = (int) ($size * (0.26 - 0.06 * $tier));
            $y = $ground - (int) ($size * 0.32 * $tier);
            imagefilledpolygon($this->image, [$x - $half, $y, $x + $half, $y, $x, $y - (int) ($size * 0.55)], $color);
        }
    }

    private function city(): void
    {
        [, , $far, $near, $light] = $this->palette;
        for ($layer = 0; $layer < 3; $layer++) {
            $ratio = $layer / 2;
            $base = $this->horizon + 60 + (int) ($ratio * 160);
            $color = $this->mix($far, $near, 0.25 + 0.75 * $ratio);
            $lit = $this->mix($light, [255, 200, 110], 0.5, (int) (70 - 50 * $ratio));
            imagefilledrectangle($this->image, 0, $base, $this->w, $this->h, $color);
            for ($x = 0; $x < $this->w;) {
                $width = (int) $this->between(60, 150);
                $top = $base - (int) ($this->between(0.15, 1) ** 1.6 * $this->h * (0.42 - 0.1 * $layer));
                imagefilledrectangle($this->image, $x, $top, $x + $width, $base, $color);
                for ($wy = $top + 14; $wy < $base + 40; $wy += 26) {
                    for ($wx = $x + 10; $wx < $x + $width - 12; $wx += 22) {
                        if ($this->between(0, 1) < 0.16 + 0.12 * $ratio) {
                            imagefilledrectangle($this->image, $wx, $wy, $wx + 8, $wy + 12, $lit);
                        }
                    }
                }
                $x += $width + (int) $this->between(0, 30);
            }
        }
    }

    private function balloons(): void
    {
        $this->mountains(3);
        $colors = [[206, 66, 62], [236, 164, 54], [58, 112, 168], [238, 232, 214], [88, 142, 92], [126, 70, 128]];
        for ($i = (int) $this->between(2, 6.99); $i > 0; $i--) {
            $size = (int) ($this->h * $this->between(0.06, 0.2));
            $x = (int) ($this->w * $this->between(0.08, 0.92));
            $y = (int) ($this->horizon * $this->between(0.2, 0.95));
            $first = $colors[(int) $this->between(0, 5.99)];
            $second = $colors[(int) $this->between(0, 5.99)];
            for ($stripe = 0; $stripe < 5; $stripe++) {
                $width = (int) ($size * (1 - $stripe * 0.22));
                imagefilledellipse($this->image, $x, $y, $width, $size, $this->mix($stripe % 2 ? $second : $first, [0, 0, 0], 0.06 * $stripe));
                imagefilledpolygon($this->image, [$x - (int) ($width * 0.45), $y + (int) ($size * 0.22), $x + (int) ($width * 0.45), $y + (int) ($size * 0.22),
                    $x + (int) ($width * 0.1), $y + (int) ($size * 0.68), $x - (int) ($width * 0.1), $y + (int) ($size * 0.68)], $this->mix($stripe % 2 ? $second : $first, [0, 0, 0], 0.06 * $stripe));
            }
            $basket = $this->mix([70, 48, 34], [0, 0, 0], 0.2);
            $half = max(4, (int) ($size * 0.08));
            imagefilledrectangle($this->image, $x - $half, $y + (int) ($size * 0.74), $x + $half, $y + (int) ($size * 0.74) + $half * 2, $basket);
        }
    }
}

$directory = ($argv[1] ?? throw new RuntimeException('usage: php make-seed.php TARGET_DIRECTORY')) . '/seed';
is_dir($directory) || mkdir($directory, 0o755, true);
$motifs = ['mountains', 'lake', 'sea', 'forest', 'dunes', 'city', 'balloons'];
for ($number = 1; $number <= PICTURES; $number++) {
    $picture = new Scene($number)->draw($motifs[$number % count($motifs)]);
    imagejpeg($picture, sprintf('%s/%04d.jpg', $directory, $number), 68);
    $thumb = imagescale($picture, 320, 240, IMG_BICUBIC);
    assert($thumb instanceof GdImage);
    imagejpeg($thumb, sprintf('%s/%04d_t.jpg', $directory, $number), 50);
}
