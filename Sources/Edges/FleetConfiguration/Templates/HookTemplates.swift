extension FleetTemplates {
    /// `hooks.d/README`.
    static let hooks = """
        Your own programs around gantry's operations. Each is an executable file here, named

          before-COMMAND   before-removehost: asked before the operation begins. Where it fails, or can't be run, the
                           command is refused with exit code 4 and nothing is changed.
          after-stage      after each check of the whole cluster within an operation.
          after-COMMAND    when the operation is about to end, however it ends: see "state". One that is stopped at once
                           (Ctrl-C twice) asks nobody.

        COMMAND is bootstrap, addhost, addbroker, removebroker, removehost, rebalance or restart. A failing after-... is
        a warning: the operation ends as it would, and the command with exit code 1. One that its group or every user can
        write, itself or this directory, is not run: chmod go-w. One that has another name is named by gantry clusterstatus.

        Each gets the operation so far as one line of JSON on standard input:

          {"hook": "after-removehost", "cluster": "orders", "cluster_id": "...", "operation": "20260501-030000-3f9a",
           "command": "removehost", "arguments": ["10.0.0.13"], "reason": "disk swap", "state": "done",
           "ending_reason": null, "started_at": "2026-05-01T03:00:00.000Z", "stage": null, "warnings": [],
           "steps": [{"id": "...", "title": "...", "subject": "...", "host": "10.0.0.13", "state": "done",
                      "took_ms": 812, "failure": null}]}

        "state" is planned, running, done, stopped, paused, failed or aborted; "operation" is null before it has begun.
        A hook has 60 seconds; then it and what it started are ended. What it writes is kept in the operation's log
        (gantry operation log): ten lines of its output and ten of its errors. It runs as the user that runs gantry, in
        the fleet directory, for operations with --detach too. A worker that dies during after-COMMAND is followed by one
        that calls it again.

        An example, before-removehost:

          #!/bin/sh
          grep -q '"reason":"' || { echo "removehost needs a reason: -m WHY" >&2; exit 1; }

        """
}
