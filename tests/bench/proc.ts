/** Figures of a process and of the machine out of /proc; Linux only, as the sidecar's image is. */

/** `USER_HZ`: the unit of CPU time in /proc on every Linux that Deno runs on. */
const TICKS_PER_SECOND = 100;

export interface ProcessFigures {
  /** Memory in use now, and the most ever, in megabytes (10^6 bytes). */
  readonly rssMb: number;
  readonly peakRssMb: number;
  readonly threads: number;
  /** CPU time used so far. */
  readonly cpuSeconds: number;
}

export function readProcess(pid: number): ProcessFigures {
  const status = Deno.readTextFileSync(`/proc/${pid}/status`);
  const figure = (name: string) =>
    Number(new RegExp(`^${name}:\\s+(\\d+)`, "m").exec(status)?.[1] ?? NaN);
  const stat = Deno.readTextFileSync(`/proc/${pid}/stat`);
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return {
    rssMb: figure("VmRSS") * 1_024 / 1e6,
    peakRssMb: figure("VmHWM") * 1_024 / 1e6,
    threads: figure("Threads"),
    cpuSeconds: (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND,
  };
}

/** CPU time of the whole machine since its start, in ticks: in use, and in all. */
export function readMachine(): { readonly busyTicks: number; readonly allTicks: number } {
  const [line = ""] = Deno.readTextFileSync("/proc/stat").split("\n", 1);
  const ticks = line.split(/\s+/).slice(1).map(Number);
  const allTicks = ticks.reduce((total, value) => total + value, 0);
  return { busyTicks: allTicks - (ticks[3] ?? 0) - (ticks[4] ?? 0), allTicks };
}

/** The most files this process may open; what it starts inherits it. Deno raises it to the limit. */
export function openFilesLimit(): number {
  const limits = Deno.readTextFileSync("/proc/self/limits");
  const soft = /^Max open files\s+(\S+)/m.exec(limits)?.[1];
  return soft === "unlimited" ? Infinity : Number(soft ?? NaN);
}
