<?php
declare(strict_types=1);

namespace App;

/** Addresses to handlers. A pattern is literal text with {id} (digits) and {name} (a user name). */
final class Router
{
    private const array PLACEHOLDERS = ['{id}' => '(?<id>[1-9][0-9]{0,8})', '{name}' => '(?<name>[A-Za-z0-9_]{1,30})'];

    /** @var list<array{string, string, \Closure}> */
    private array $routes = [];

    public function add(string $method, string $pattern, \Closure $handler): void
    {
        $this->routes[] = [$method, '#^' . strtr($pattern, self::PLACEHOLDERS) . '$#D', $handler];
    }

    /** @return array{\Closure, array<string, string>} the handler and what the placeholders matched */
    public function match(string $method, string $path): array
    {
        $method = $method === 'HEAD' ? 'GET' : $method;
        $allowed = [];
        foreach ($this->routes as [$routeMethod, $regex, $handler]) {
            if (preg_match($regex, $path, $match) !== 1) {
                continue;
            }
            if ($routeMethod === $method) {
                return [$handler, array_filter($match, is_string(...), ARRAY_FILTER_USE_KEY)];
            }
            $allowed[] = $routeMethod;
        }
        if ($allowed !== []) {
            throw new HttpError(405, 'This address does not take that kind of request.', ['Allow' => implode(', ', array_unique($allowed))]);
        }
        throw new HttpError(404, 'There is nothing at this address.');
    }
}
