#!/bin/sh
exec gantry removehost "$@"
