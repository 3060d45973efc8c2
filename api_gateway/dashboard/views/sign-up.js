// Making an account. The API answers the same for an address that is taken, so signing in right after tells.

import { ApiError, post, session } from "../api.js";
import { Link, navigate, to, useQuery } from "../router.js";
import { Button, ErrorBox, Field, Form, html, toast, useAction, useFirstField, useTitle } from "../ui.js";
import { inside } from "./sign-in.js";

export default function SignUp() {
  useTitle("Make an account");
  const [query] = useQuery();
  const action = useAction(async (data) => {
    const email = data.get("email").trim();
    const password = data.get("password");
    await post("/auth/register", { email, password }, { anonymous: true });
    try {
      await session.signIn(email, password);
    } catch (error) {
      if (error.code !== "INVALID_CREDENTIALS") throw error;
      const message = "There may be an account with this address already. Sign in with its password.";
      throw new ApiError({ code: error.code, message }, error.status, error.requestId);
    }
    navigate(inside(query.next), { replace: true });
    toast("Your account is ready.");
  });
  const { error } = action;
  useFirstField();
  return html`<div class="narrow stack">
    <div class="viewhead"><div><h1>Make an account</h1>
      <p class="lead">An account keeps your scans, reads sitemaps, crawls sites, and has API keys of its own.</p></div></div>
    <${Form} class="panel stack" onSubmit=${action.run} error=${error}>
      <${ErrorBox} error=${error && !error.param ? error : null} />
      <${Field} label="E-mail address" autofocus name="email" type="email" autocomplete="username" required error=${action.at("email")} />
      <${Field} label="Password" name="password" type="password" autocomplete="new-password" required
        hint="A sentence that only you would say is a good one." error=${action.at("password")} />
      <div class="actions"><${Button} kind="primary" type="submit" busy=${action.busy}>Make the account<//></div>
    <//>
    <p>You have one? <${Link} href=${to("/sign-in", { next: query.next })}>Sign in<//>.</p>
  </div>`;
}
