/** Places in an image whose files are run or obeyed without being named again, as patterns of a word. */

/** Hardly anything but a change of what is run later names these. */
export const OBEYED = pattern([
  // Shells read them when they start.
  String.raw`/etc/(?:profile|bash\.|bashrc|bash_completion|zsh|zprofile|environment|csh|fish)`,
  String
    .raw`(?:^|[/>=~{,])\.(?:profile|bash(?:rc|_\w+)|z(?:shrc|shenv|profile|login)|[kc]shrc)(?:[,}]|$)`,
  String.raw`/bash-completion/|/etc/skel(?:/|$)`,
  String.raw`\.config/(?:fish|autostart|systemd|git|environment\.d)(?:/|$)`,
  // They say who may come in.
  String.raw`authorized_keys|(?:^|[/>=~])\.ssh(?:/|$)|/etc/(?:ssh/|pam\.d|nsswitch\.conf)`,
  // They are run at a time, at a start, or in every program.
  String
    .raw`/etc/(?:cron|anacrontab|periodic/|systemd|init\.d|rc\.local|inittab|rc\d\.d|xdg/autostart|udev)`,
  String
    .raw`/etc/(?:update-motd|cont-init|services\.d|s6-|supervisor|ld\.so\.|hosts$|resolv\.conf)`,
  String.raw`/var/spool/cron|/lib/systemd/|docker-entrypoint(?:-\w+)?\.d(?:/|$)`,
  // Other tools run or obey them.
  String.raw`\.git/(?:hooks|config)|/git-core(?:/|$)|/etc/gitconfig|\.gitconfig|\.githooks`,
  String.raw`(?:^|[/>=~{,])\.(?:mcp\.json|(?:curl|wget|vim)rc|docker/config\.json)(?:[,}]|$)`,
  String.raw`\.cargo/config(?:\.toml)?$|\.claude/(?:settings|hooks)`,
  String.raw`(?:site|user)customize\.py|\.pth$|/etc/apt/apt\.conf`,
]);

/** Where commands are looked for, and the script that a container starts with. */
export const COMMANDS = pattern([
  String.raw`/usr/(?:local/)?s?bin(?:/|$)`,
  String.raw`(?:^|[>=:]|^-\w|\.\.)/s?bin(?:/|$)`,
  String.raw`(?:^|[>=:]|^-\w)/opt/bin(?:/|$)|(?:~|\$\{?HOME\}?|/root|/home/[^/]+)/bin(?:/|$)`,
  String.raw`\.(?:local|cargo)/bin(?:/|$)|/(?:docker-)?entrypoint(?:\.sh)?$`,
]);

/** What may hold a secret, in a source of files. */
export const SECRETS = pattern([
  String
    .raw`(?:^|[/=,])\.(?:git|ssh|aws|azure|kube|gnupg|netrc|env|npmrc|pypirc)(?:[/,.]|$)`,
  String.raw`\.git-credentials|id_(?:rsa|dsa|ecdsa|ed25519)|\.(?:pem|key|p12|pfx)(?:,|$)`,
  String.raw`(?:^|[/=,])(?:secrets?|credentials?)(?:[/,.]|$)|/run/secrets|ssh-agent`,
]);

function pattern(alternatives: readonly string[]): RegExp {
  return new RegExp(alternatives.join("|"));
}
