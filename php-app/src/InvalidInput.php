<?php
declare(strict_types=1);

namespace App;

/** What a person typed or chose does not fit; the message is shown beside the form. */
final class InvalidInput extends \RuntimeException
{
}
