-- Who is removed is forgotten: what names them by their principal goes with them, as their conversations do. The ledger
-- stays, for it says what was done; and their folder, for the owner may have to answer for what is in it.

create function castellan.forget_person() returns trigger
  language plpgsql set search_path = pg_catalog, pg_temp
  as $$
  declare
    gone text := 'member:' || old.id;
  begin
    delete from castellan.memories m where m.tenant_id = old.tenant_id and starts_with(m.scope, gone || '/');
    delete from castellan.known k where k.tenant_id = old.tenant_id and starts_with(k.value, '/' || gone || '/');
    delete from castellan.questions q where q.tenant_id = old.tenant_id and q.principal[1] = gone;
    delete from castellan.outbox o where o.tenant_id = old.tenant_id and o.body ->> 'to' = gone;
    delete from castellan.attachments a where a.tenant_id = old.tenant_id and starts_with(a.path, '/' || old.id || '/');
    delete from castellan.file_labels f where f.tenant_id = old.tenant_id and starts_with(f.path, '/' || old.id || '/');
    return null;
  end $$;
create trigger forget_person after delete on castellan.people
  for each row execute function castellan.forget_person();
