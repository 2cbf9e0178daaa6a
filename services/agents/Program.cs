using InternPlatform.Agents;
using InternPlatform.ServiceDefaults;

return await PlatformHost.RunAsync(args, AgentsService.Definition);
