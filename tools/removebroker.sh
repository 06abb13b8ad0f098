#!/bin/sh
exec gantry removebroker "$@"
