// Signing in: with what `next` names afterwards, or in place where a view needs it.

import { session } from "../api.js";
import { Link, navigate, to, useHere, useQuery } from "../router.js";
import { Button, ErrorBox, Field, Form, html, toast, useAction, useEffect, useFirstField, useTitle } from "../ui.js";

/** A path of the dashboard and nothing else: `//elsewhere` and `https:` lead away from it. */
export const inside = (next) => (next && /^\/(?![/\\])/.test(next) ? next : "/");

export default function SignIn() {
  useTitle("Sign in");
  const { path, search } = useHere();
  const [query] = useQuery();
  const inPlace = path !== "/sign-in";
  const next = inPlace ? path + search : inside(query.next);
  const action = useAction(async (data) => {
    await session.signIn(data.get("email").trim(), data.get("password"));
    if (!inPlace) navigate(next, { replace: true });
    toast("You are signed in.");
  });
  const { error } = action;
  const own = error && !error.param ? error : null;
  useEffect(() => void (!inPlace && session.current && navigate(next, { replace: true })), []);
  useFirstField();
  return html`<div class="narrow stack">
    <div class="viewhead"><div><h1>Sign in</h1>
      ${inPlace && html`<p class="lead">This view shows what belongs to an account, so sign in to see it.</p>`}</div></div>
    <${Form} class="panel stack" onSubmit=${action.run} error=${error}>
      <${ErrorBox} error=${own} />
      <${Field} label="E-mail address" autofocus name="email" type="email" autocomplete="username" required error=${action.at("email")} />
      <${Field} label="Password" name="password" type="password" autocomplete="current-password" required error=${action.at("password")} />
      <div class="actions"><${Button} kind="primary" type="submit" busy=${action.busy}>Sign in<//></div>
    <//>
    <p>No account yet? <${Link} href=${to("/sign-up", { next: next === "/" ? "" : next })}>Make one<//>.
      A single page can be scanned <${Link} href="/">without one<//>.</p>
  </div>`;
}
