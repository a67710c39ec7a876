-- Who asks, as row level security on the owner's own tables sees it. The caller's process sets the claims for one
-- transaction; without them each of these is null, and no row is visible. The bodies are parsed here and now, so no
-- search_path of a caller can put another meaning into them.

create schema auth;

create function auth.user_id() returns uuid language sql stable parallel safe
  return nullif(pg_catalog.current_setting('jwt.claims.user_id', true), '')::uuid;
create function auth.tenant_id() returns uuid language sql stable parallel safe
  return nullif(pg_catalog.current_setting('jwt.claims.tenant_id', true), '')::uuid;
create function auth.role() returns text language sql stable parallel safe
  return nullif(pg_catalog.current_setting('jwt.claims.role', true), '');

revoke all on function auth.user_id(), auth.tenant_id(), auth.role() from public;
grant usage on schema auth to castellan_data, app_owner, app_member, app_viewer, app_anonymous;
grant execute on function auth.user_id(), auth.tenant_id(), auth.role()
  to castellan_data, app_owner, app_member, app_viewer, app_anonymous;
