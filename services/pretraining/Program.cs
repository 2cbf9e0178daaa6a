using InternPlatform.Pretraining;
using InternPlatform.ServiceDefaults;

return await PlatformHost.RunAsync(args, PretrainingService.Definition);
