module example.com/mill

go 1.26

require example.com/measure v0.0.0

replace example.com/measure => ../measure
