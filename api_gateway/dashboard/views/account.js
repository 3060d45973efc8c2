// Who is signed in, and signing out.

import { get, session } from "../api.js";
import { date, time } from "../format.js";
import { Link, navigate } from "../router.js";
import { Badge, Button, ErrorBox, Loaded, html, toast, useAction, useLoad, useTitle } from "../ui.js";

export default function Account() {
  useTitle("Account");
  const load = useLoad((signal) => get("/user/profile", {}, { signal }), []);
  const out = useAction(async () => {
    await session.signOut();
    navigate("/");
    toast("You are signed out.");
  });
  return html`<div class="viewhead"><div><h1>Account</h1></div></div>
    <${Loaded} of=${load} what="Loading your account">${(profile) => html`<section class="panel section"><h2>Profile</h2>
      <dl class="facts"><dt>E-mail address</dt><dd>${profile.email}</dd><dt>Plan</dt><dd><${Badge}>${profile.tier}<//> <${Link} href="/usage">Usage and limits<//></dd>
        <dt>Member since</dt><dd>${date(profile.created_at)}</dd><dt>Account ID</dt><dd><code>${profile.id}</code></dd></dl></section>`}<//>
    <section class="panel section"><h2>This session</h2>
      <p>It ends by itself ${time(new Date(session.current?.expiresAt ?? Date.now()).toISOString())}. Programs use <${Link} href="/tokens">API keys<//> instead, which last until they are revoked.</p>
      <${ErrorBox} error=${out.error} />
      <div class="actions"><${Button} busy=${out.busy} onClick=${out.run}>Sign out<//></div></section>`;
}
