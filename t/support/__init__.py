"""What the tests stand on: nginx, browsers, backends and providers, each on free loopback ports."""
