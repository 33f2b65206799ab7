module amparo.bench/load_server
go 1.19
