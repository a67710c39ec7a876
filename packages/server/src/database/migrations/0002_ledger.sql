-- The ledger: one hash chain per tenant, written by castellan.ledger_append alone. The running role may read it, append
-- through that function, erase bodies and add checkpoints; it can change or remove nothing.

create table castellan.ledger (
  tenant_id uuid not null references castellan.tenants,
  seq bigint not null,
  -- ISO 8601, UTC, milliseconds: text, because the hash is over these characters.
  at text not null,
  kind text not null check (kind in ('decision', 'intent', 'outcome', 'approval', 'admin')),
  run text,
  step text,
  principal text[] not null,
  skill text not null,
  decision text check (decision in ('allow', 'ask', 'deny')),
  rules text[] not null,
  -- SHA-256 (hex) of the RFC 8785 JSON of the arguments.
  args text not null,
  outcome text,
  prev text not null,
  hash text not null,
  primary key (tenant_id, seq)
);
-- A step's effect is begun once, whatever crashes in between.
create unique index one_intent on castellan.ledger (tenant_id, run, step) where kind = 'intent';
create index ledger_by_run on castellan.ledger (tenant_id, run, step, seq) where run is not null;

-- What a row was about, in full. Erasable: the chain holds only the hash of the arguments. `json` and not `jsonb`, which
-- refuses "\u0000", and a page may contain it. No foreign key: erasing and checking must not hinder each other.
create table castellan.ledger_bodies (
  tenant_id uuid not null references castellan.tenants,
  seq bigint not null,
  body json not null,
  primary key (tenant_id, seq)
);

-- Signed statements "the chain had this head"; the same lines go to a file outside the database.
create table castellan.ledger_checkpoints (
  tenant_id uuid not null references castellan.tenants,
  seq bigint not null,
  hash text not null,
  count bigint not null,
  at text not null,
  -- Which public key made the signature.
  key text not null,
  signature text not null,
  primary key (tenant_id, seq)
);

-- Appends one row and its body (null: none) as the last statement of the caller's transaction. The lock is held until that
-- commits, so seq has no gaps. The hash is SHA-256 over the RFC 8785 JSON of the row: members in order of name, and
-- to_json escapes strings exactly as that standard does (proved by a property test in ledger/). Needs READ COMMITTED: an
-- older snapshot would miss the head, and the primary key then refuses the row.
create function castellan.ledger_append(
  p_tenant uuid, p_kind text, p_run text, p_step text, p_principal text[], p_skill text, p_decision text,
  p_rules text[], p_args text, p_outcome text, p_body json, out seq bigint, out hash text)
  language plpgsql security definer set search_path = pg_catalog, pg_temp
  as $$
declare
  v_at text;
  v_prev text;
begin
  if p_tenant is distinct from castellan.tenant() then
    raise exception 'the ledger of another tenant' using errcode = 'insufficient_privilege';
  end if;
  if p_args !~ '^[0-9a-f]{64}$' or p_kind = 'intent' and (p_run is null or p_step is null)
    or array_ndims(p_principal) > 1 or array_ndims(p_rules) > 1
    or array_position(p_principal, null) is not null or array_position(p_rules, null) is not null then
    raise exception 'not a ledger entry' using errcode = 'check_violation';
  end if;
  perform pg_advisory_xact_lock(hashtextextended('castellan.ledger:' || p_tenant, 0));
  select l.seq + 1, l.hash into seq, v_prev
    from castellan.ledger l where l.tenant_id = p_tenant order by l.seq desc limit 1;
  if seq is null then
    seq := 1;
    v_prev := repeat('0', 64);
  end if;
  v_at := to_char(clock_timestamp() at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"');
  hash := encode(sha256(convert_to(
    '{"args":"' || p_args || '","at":"' || v_at || '","decision":' || coalesce(to_json(p_decision)::text, 'null')
    || ',"kind":' || to_json(p_kind) || ',"outcome":' || coalesce(to_json(p_outcome)::text, 'null')
    || ',"prev":"' || v_prev || '","principal":' || to_json(p_principal) || ',"rules":' || to_json(p_rules)
    || ',"run":' || coalesce(to_json(p_run)::text, 'null') || ',"seq":' || seq
    || ',"skill":' || to_json(p_skill) || ',"step":' || coalesce(to_json(p_step)::text, 'null')
    || ',"tenant":"' || p_tenant || '","v":1}', 'UTF8')), 'hex');
  insert into castellan.ledger values (p_tenant, seq, v_at, p_kind, p_run, p_step, p_principal, p_skill, p_decision,
    p_rules, p_args, p_outcome, v_prev, hash);
  if p_body is not null then
    insert into castellan.ledger_bodies values (p_tenant, seq, p_body);
  end if;
end $$;

-- rights ---------------------------------------------------------------------------------------------------------

-- Policies for writing are given to the owner of the function only; rights refuse the others before a policy is asked.
do $$
declare t text;
begin
  foreach t in array array['ledger', 'ledger_bodies', 'ledger_checkpoints'] loop
    execute format('alter table castellan.%I enable row level security', t);
    execute format('alter table castellan.%I force row level security', t);
    execute format('create policy own on castellan.%I for select using (tenant_id = castellan.tenant())', t);
    execute format('grant select on castellan.%I to castellan_app', t);
  end loop;
end $$;
create policy append on castellan.ledger for insert to current_user with check (tenant_id = castellan.tenant());
create policy append on castellan.ledger_bodies for insert to current_user with check (tenant_id = castellan.tenant());
create policy erase on castellan.ledger_bodies for delete using (tenant_id = castellan.tenant());
create policy add on castellan.ledger_checkpoints for insert with check (tenant_id = castellan.tenant());
grant delete on castellan.ledger_bodies to castellan_app;
grant insert on castellan.ledger_checkpoints to castellan_app;
revoke execute on function castellan.ledger_append from public;
grant execute on function castellan.ledger_append to castellan_app;
