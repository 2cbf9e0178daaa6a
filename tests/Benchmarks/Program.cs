using InternPlatform.Benchmarks;

// dotnet run -c Release --project tests/Benchmarks -- NAME: each prints a table and ends with one line "NAME: key=value …".
var benchmarks = new Dictionary<string, Func<Task>>
{
    ["bus"] = Bus.RunAsync,
    ["decode"] = Decode.RunAsync,
    ["load"] = Load.RunAsync,
    ["prefill"] = Prefill.RunAsync,
    ["batch"] = Batch.RunAsync,
    ["tokenizer"] = Tokenize.RunAsync,
    ["startup"] = Startup.RunAsync,
    ["quantized"] = Quantized.RunAsync,
};

if (args is ["load", var file])
{
    await Load.OfFileAsync(file);
    return 0;
}

if (args is not [var name, ..] || !benchmarks.TryGetValue(name, out var benchmark))
{
    await Console.Error.WriteLineAsync($"Give one of: {string.Join(", ", benchmarks.Keys)}, or load FILE.gguf.");
    return 2;
}

await benchmark();
return 0;
