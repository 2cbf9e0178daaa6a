using InternPlatform.Finetuning;
using InternPlatform.ServiceDefaults;

return await PlatformHost.RunAsync(args, FinetuningService.Definition);
