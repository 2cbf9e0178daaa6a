using InternPlatform.Pipelines;
using InternPlatform.ServiceDefaults;

return await PlatformHost.RunAsync(args, PipelinesService.Definition);
