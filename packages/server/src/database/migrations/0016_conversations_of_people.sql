-- Whose conversation it is: a person sees their own and nobody else's. What is gone with its person goes with them.

alter table castellan.conversations
  add column person_id uuid not null default '00000000-0000-4000-8000-000000000002';
alter table castellan.conversations
  alter column person_id drop default,
  add foreign key (tenant_id, person_id) references castellan.people (tenant_id, id) on delete cascade;
create index on castellan.conversations (tenant_id, person_id, updated_at desc);
