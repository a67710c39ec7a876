-- Labels of workspace files, beside the files; and the least trusted label for rows of which too little is known.

-- What a skill wrote keeps the label of its text as long as the file holds exactly that; the name has a label of its own.
create table castellan.file_labels (
  tenant_id uuid not null references castellan.tenants,
  path text not null,
  -- SHA-256 (hex) of the whole content.
  content text not null,
  sources text[] not null check (cardinality(sources) > 0),
  -- null: everyone
  readers text[],
  name_sources text[] not null check (cardinality(name_sources) > 0),
  name_readers text[],
  written_at timestamptz not null default clock_timestamp(),
  primary key (tenant_id, path)
);
alter table castellan.file_labels enable row level security;
alter table castellan.file_labels force row level security;
create policy tenant on castellan.file_labels using (tenant_id = castellan.tenant()) with check (tenant_id = castellan.tenant());
grant select, insert, update, delete on castellan.file_labels to castellan_app;

-- Rows of every tenant are touched, so their owner must see them for a moment.
alter table castellan.entries no force row level security;
alter table castellan.memories no force row level security;

-- No source at all would read as "nobody wrote it", and be trusted.
update castellan.entries set sources = '{unknown}', readers = '{owner}' where cardinality(sources) = 0;
update castellan.memories set sources = '{unknown}', readers = '{owner}' where cardinality(sources) = 0;

-- Until now nobody noted what of the owner's messages was pasted: what rests on them may rest on pasted text.
update castellan.entries
  set sources = array(select source from unnest(sources || array['pasted']) as source group by source order by source collate "C")
  where 'owner' = any (sources) and not (kind = 'owner' and body ? 'pasted');
update castellan.memories
  set sources = array(select source from unnest(sources || array['pasted']) as source group by source order by source collate "C")
  where 'owner' = any (sources);

alter table castellan.memories force row level security;
alter table castellan.entries force row level security;
alter table castellan.memories add check (cardinality(sources) > 0);
alter table castellan.entries add check (cardinality(sources) > 0);
