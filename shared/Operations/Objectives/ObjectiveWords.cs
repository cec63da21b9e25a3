using System.Globalization;

namespace Portal.Operations.Objectives;

/// <summary>Objectives in words, for the page of people on call and their mails.</summary>
public static class ObjectiveWords
{
    public static string Target(ServiceObjective objective) => objective.Budget switch
    {
        ErrorBudget.Share share => string.Create(CultureInfo.InvariantCulture, $"target {share.Target * 100:0.###} %"),
        ErrorBudget.Most most => $"at most {most.ADay} a day",
        _ => "",
    };

    public static string Share(decimal share) => string.Create(CultureInfo.InvariantCulture, $"{share * 100:0.#} %");
}
