using InternPlatform.Gateway.Edge;
using InternPlatform.ServiceDefaults;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Http.HttpResults;
using Yarp.ReverseProxy.Forwarder;
using Yarp.ReverseProxy.Model;

namespace InternPlatform.Gateway;

/// <summary>
/// Asks the next instance where that can do nothing twice: nothing was sent, or it is a GET or HEAD that broke before its answer began. What then has no
/// answer gets a problem that says what the caller may do about it.
/// </summary>
internal sealed class AskAnother(RequestDelegate next)
{
    public async Task InvokeAsync(HttpContext context)
    {
        var proxy = context.GetReverseProxyFeature();
        var untried = proxy.AllDestinations.ToList();
        while (true)
        {
            await next(context);
            if (context.GetForwarderErrorFeature() is not { } error || context.Response.HasStarted || context.RequestAborted.IsCancellationRequested)
            {
                return;
            }

            if (proxy.ProxiedDestination is { } tried && untried.Remove(tried) && untried.Count > 0 && MayBeAskedAgain(context, error))
            {
                // Those that looked ill, too: one that has just been started again may not have been looked at yet.
                proxy.AvailableDestinations = [.. untried];
                context.Features.Set<IForwarderErrorFeature>(null);
                context.Response.Clear();
                continue;
            }

            if (Problem(context, proxy, error) is { } problem)
            {
                await problem.ExecuteAsync(context);
            }

            return;
        }
    }

    private static ProblemHttpResult? Problem(HttpContext context, IReverseProxyFeature proxy, IForwarderErrorFeature error)
    {
        var service = GatewayRoutes.ServiceOf(proxy.Route.Config);
        return error.Error switch
        {
            ForwarderError.NoAvailableDestinations => EdgeProblems.ServiceAway(context, service),
            _ when MayBeAskedAgain(context, error) => EdgeProblems.ServiceAway(context, service),
            ForwarderError.RequestTimedOut => EdgeProblems.AnswerLate(service),
            ForwarderError.Request or ForwarderError.RequestBodyDestination => EdgeProblems.AnswerLost(service),
            _ => null,    // the caller's own doing
        };
    }

    private static bool MayBeAskedAgain(HttpContext context, IForwarderErrorFeature error) =>
        error.Exception?.IsUnreached() == true || (error.Error == ForwarderError.Request && IsQuestion(context));

    private static bool IsQuestion(HttpContext context) =>
        (HttpMethods.IsGet(context.Request.Method) || HttpMethods.IsHead(context.Request.Method))
        && context.Features.Get<IHttpRequestBodyDetectionFeature>()?.CanHaveBody != true;
}
