-- What each line of a conversation keeps from the planner, and how many bits of it a reader's answer has shown: `sources`
-- and `readers` are from now on those of what reached the planner.

alter table castellan.entries
  add column sealed text[] not null default '{}',
  add column influence integer not null default 0;
