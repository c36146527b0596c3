-- Lists of runs that did not end well, newest first. Most runs are COMPLETED and were STARTED before, and cost no entry.
create index saga_runs_ended on saga_runs (status, id)
    {where: status in ('COMPENSATING', 'FAILED', 'COMPENSATION_FAILED')};
