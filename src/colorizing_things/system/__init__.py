"""What this machine allows and refuses: cores, forks, signals, memory, disks; and defaults where nobody says."""
