#!/bin/sh
exec gantry addhost "$@"
