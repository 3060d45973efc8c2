module scanfleet.example/scanfleet

go 1.19
