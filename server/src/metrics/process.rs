//! What the operating system says of this process, under the names that Prometheus' client libraries give it
//! (<https://prometheus.io/docs/instrumenting/writing_clientlibs/#process-metrics>).

use std::fs;

/// What Linux counts processor time in, in ticks a second: `USER_HZ` is 100 on every machine that people have.
const TICKS: f64 = 100.0;

/// What is known of this process. Nothing of it on systems without `/proc`.
#[derive(Debug, Clone, Copy)]
pub struct Process {
    /// Processor time, in seconds.
    pub processor_seconds: f64,
    /// Memory that is in use, in bytes.
    pub resident_bytes: u64,
    /// Open files and connections.
    pub open_files: u64,
}

impl Process {
    /// As it is now. Blocks.
    pub fn now() -> Option<Self> {
        let stat = fs::read_to_string("/proc/self/stat").ok()?;
        let status = fs::read_to_string("/proc/self/status").ok()?;
        Some(Self {
            processor_seconds: processor_seconds(&stat)?,
            resident_bytes: resident_bytes(&status)?,
            open_files: fs::read_dir("/proc/self/fd").ok()?.count() as u64,
        })
    }
}

/// Of `proc_pid_stat(5)`, the fields 14 and 15. The second one, in parentheses, may have blanks and parentheses in it.
fn processor_seconds(stat: &str) -> Option<f64> {
    let (_, rest) = stat.rsplit_once(") ")?;
    let ticks = rest.split(' ').skip(11).take(2);
    let ticks: Vec<f64> = ticks.filter_map(|field| field.parse().ok()).collect();
    (ticks.len() == 2).then(|| ticks.iter().sum::<f64>() / TICKS)
}

/// Of `proc_pid_status(5)`, the line `VmRSS`, which counts in units of 1,024 bytes.
fn resident_bytes(status: &str) -> Option<u64> {
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kilobytes: u64 = line.trim().strip_suffix(" kB")?.trim().parse().ok()?;
    Some(kilobytes * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_files_of_linux_are_read_as_their_manual_says() {
        let stat = "7 (a) b (c) S 1 7 7 0 -1 4194560 100 0 3 0 250 50 0 0 20 0 9 0 1 2 3";
        assert_eq!(processor_seconds(stat), Some(3.0));
        assert_eq!(processor_seconds("7 (a) S 1"), None);
        assert_eq!(resident_bytes("Name:\ta\nVmRSS:\t   12 kB\n"), Some(12_288));
        assert_eq!(resident_bytes("Name:\ta\n"), None);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn this_process_uses_something() {
        let now = Process::now().expect("a process");
        assert!(now.resident_bytes > 1_000_000 && now.open_files > 2);
    }
}
