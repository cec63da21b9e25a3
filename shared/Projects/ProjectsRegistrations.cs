using Microsoft.Extensions.DependencyInjection;

namespace Portal.Projects;

/// <summary>Registers projects with their milestones, tasks and templates.</summary>
public static class ProjectsRegistrations
{
    public static IServiceCollection AddProjects(this IServiceCollection services)
    {
        return services
            .AddSingleton<ProjectMembership>().AddSingleton<ProjectStore>().AddSingleton<ProjectList>()
            .AddSingleton<MemberStore>().AddSingleton<TemplateStore>().AddSingleton<ApplyTemplate>()
            .AddSingleton<MilestoneStore>().AddSingleton<TaskStore>().AddSingleton<TaskList>().AddSingleton<ChangeTaskStatuses>()
            .AddSingleton<TaskLinks>().AddSingleton<ProjectProgressStore>();
    }
}
