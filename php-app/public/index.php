<?php
declare(strict_types=1);

// Front controller: every address that is not a file ends up here.
require_once __DIR__ . '/../src/autoload.php';

App\App::main();
