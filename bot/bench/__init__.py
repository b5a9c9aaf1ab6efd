"""What ``handrail bench`` measures, one module a subject. Each promises figures on an installation of its own, in a
temporary folder and on free ports, with a provider that stands in for Twilio: nothing here touches a running one."""
