-- Only a run that waits has a time at which it is due; most runs have ended.
{drop index: saga_runs_due on saga_runs};

create index saga_runs_due on saga_runs (wake_at) {where: wake_at is not null};
