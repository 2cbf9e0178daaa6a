using InternPlatform.Evaluation;
using InternPlatform.ServiceDefaults;

return await PlatformHost.RunAsync(args, EvaluationService.Definition);
